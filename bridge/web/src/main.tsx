import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { isFramed, showWayOut } from './app/frame.ts';
import { Root } from './app/Root.tsx';
import { trustOwnScripts } from './app/trustedTypes.ts';
import './styles/base.css';
import './styles/ui.css';

trustOwnScripts();
const place = document.getElementById('root');
if (place !== null && isFramed(window)) showWayOut(place);
else if (place !== null) {
  createRoot(place).render(
    <StrictMode>
      <Root />
    </StrictMode>,
  );
}
