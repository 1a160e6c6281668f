/** The ways to all screens, and to the pages without scripts. */

import { caller } from '../net/api';
import { openScreen, SCREENS, sheet } from '../state/route';
import { t } from '../texts';
import { Button, Dialog } from '../ui';

const LITE = '/lite';
/** Whether the browser says that data is dear or slow here. */
const network = (navigator as { connection?: { saveData?: boolean; effectiveType?: string } }).connection;
const isPoor = Boolean(network?.saveData) || /2g/.test(network?.effectiveType ?? '');
/** Lite pages are not shown in a frame, where their cookie would be blocked. */
const isFramed = window.parent !== window;

export function Menu() {
  const close = (): void => {
    sheet.value = null;
  };
  return (
    <Dialog title={t('menu.title')} id="menu-dialog" onClose={close}>
      <nav class="menu-list">
        {isPoor && <Lite />}
        {SCREENS.map((name) => (
          <Button
            key={name}
            data-screen={name}
            onClick={() => {
              close();
              openScreen(name);
            }}
          >
            {t(`menu.${name}`)}
          </Button>
        ))}
        {!isPoor && <Lite />}
      </nav>
    </Dialog>
  );
}

function Lite() {
  return isFramed ? null : (
    <Button id="lite" onClick={() => void goLite()}>
      {t('screen.lite')}
    </Button>
  );
}

/** With the same session. Without an answer the player stays here. */
async function goLite(): Promise<void> {
  const answer = await fetch(`${LITE}/session`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${caller.token}` },
  }).catch(() => null);
  if (answer?.ok) location.assign(LITE);
}
