/** Starts the page. */

import { render } from 'preact';
import { App } from './app.tsx';
import { sendDeletionsOnLeave } from './edit/deletions.ts';
import { followVisitor } from './edit/leave-session.ts';
import { followShortcuts } from './head/shortcuts.ts';
import { followDrops } from './import/drop-target.tsx';
import { followView } from './list/car-list.ts';
import { startSession } from './state/session.ts';
import { followUrl } from './state/view.ts';
import { followLanguage } from './texts/texts.ts';

followUrl();
followLanguage();
followShortcuts();
followView();
followDrops();
followVisitor();
sendDeletionsOnLeave();
void startSession();

const root = document.getElementById('page');
if (root !== null) render(<App />, root);
