/** Which keys do what. */

import { closeTask } from '../state/task.ts';
import { texts } from '../texts/texts.ts';
import { Dialog } from '../ui/dialog.tsx';

export function KeysDialog() {
  const { keys: words } = texts.value;
  const rows: readonly [keys: readonly string[], meaning: string][] = [
    [['↑', '↓', '←', '→', 'Home', 'End', 'Page Up', 'Page Down'], words.move],
    [['Enter', 'F2'], words.edit],
    [['Esc'], words.leave],
    [['h'], words.history],
    [['Del'], words.delete],
    [['Ctrl', 'Z'], words.undo],
    [['/'], words.search],
    [['n'], words.add],
    [['?'], words.help],
  ];
  return (
    <Dialog title={words.title} close={closeTask}>
      <table class="keys">
        <tbody>
          {rows.map(([keys, meaning]) => (
            <tr key={meaning}>
              <td>
                {keys.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </td>
              <td>{meaning}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  );
}
