import { type ReactNode, useState } from 'react';
import { goTo } from '../../app/router.ts';
import { useTexts } from '../../texts/index.tsx';
import { Button } from '../../ui/Button.tsx';
import { Field } from '../../ui/Field.tsx';
import { marketHref } from '../places.ts';
import { sha256In } from './hashFile.ts';

/** For who has the hash and not the file. */
export function TypedHash(): ReactNode {
  const { market } = useTexts();
  const { check } = market;
  const [text, setText] = useState('');
  const [isBad, setBad] = useState(false);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const sha256 = sha256In(text);
        setBad(sha256 === undefined);
        if (sha256 !== undefined) goTo(marketHref(['check'], { sha256 }));
      }}
    >
      <Field
        label={check.typed}
        hint={check.typedHint}
        value={text}
        error={isBad ? check.bad : undefined}
        onChange={(value) => {
          setText(value);
          setBad(false);
        }}
        after={
          <Button type="submit" className="name">
            {check.ask}
          </Button>
        }
      />
    </form>
  );
}
