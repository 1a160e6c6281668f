/** What stands over the game: sheets, screens, and the question whether to go on. */

import { style } from '../later';
import { Lazy, OpenScreen } from '../screens';
import { realityCheck } from '../state/limits';
import { sheet } from '../state/route';
import { need } from '../texts';
import screens from '../screens/screens.css?url';
import { Menu } from './menu';
import own from './more.css?url';
import { Options } from './options';

export const ready = Promise.all([need('screens'), style(own), style(screens)]);

export default function More() {
  return (
    <>
      {sheet.value === 'menu' && <Menu />}
      {sheet.value === 'options' && <Options />}
      <OpenScreen />
      {realityCheck.value && <Lazy name="reality" />}
    </>
  );
}
