/** The whole page takes a file that is dropped on it. */

import { signal } from '@preact/signals';
import { mayWrite } from '../state/session.ts';
import { droppedFile, openTask } from '../state/task.ts';
import { texts } from '../texts/texts.ts';
import { Icon } from '../ui/icon.tsx';

const isOver = signal(false);

export function DropTarget() {
  if (!isOver.value) return null;
  return (
    <div class="drop-over">
      <Icon name="upload" />
      {texts.value.import.dropAnywhere}
    </div>
  );
}

export function followDrops(): void {
  const carriesFile = ({ dataTransfer }: DragEvent) =>
    mayWrite.peek() && (dataTransfer?.types.includes('Files') ?? false);
  addEventListener('dragover', (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    isOver.value = true;
  });
  addEventListener('dragleave', ({ relatedTarget }) => {
    if (relatedTarget === null) isOver.value = false;
  });
  addEventListener('drop', (event) => {
    isOver.value = false;
    if (!carriesFile(event)) return;
    event.preventDefault();
    const [file] = event.dataTransfer?.files ?? [];
    if (file === undefined) return;
    droppedFile.value = file;
    openTask('import');
  });
}
