/** Starts the page. */

import { render } from 'preact';
import { App } from './app.tsx';
import { followView } from './list/car-list.ts';
import { followUrl } from './state/view.ts';
import { followLanguage } from './texts/texts.ts';

followUrl();
followLanguage();
followView();

const root = document.getElementById('page');
if (root !== null) render(<App />, root);
