import { Fragment, type ReactNode } from 'react';

/** A text whose `{name}`s are replaced by links, amounts, anything: `fill` for what is more than words. */
export function Sentence({
  text,
  values,
}: {
  readonly text: string;
  readonly values: Readonly<Record<string, ReactNode>>;
}): ReactNode {
  return text.split(/(\{\w+\})/).map((part, i) => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    // biome-ignore lint/suspicious/noArrayIndexKey: parts of a text have no other name
    return <Fragment key={i}>{name !== undefined && Object.hasOwn(values, name) ? values[name] : part}</Fragment>;
  });
}
