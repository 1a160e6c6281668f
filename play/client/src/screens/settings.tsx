/** What the player chooses for this device. It counts at once; nothing has to be saved. */

import { languages } from '../page';
import { changeLanguage } from '../state/language';
import { buzz, haptics, motion, motionNow, sound, theme, type Motion, type Theme } from '../state/settings';
import { language, t } from '../texts';
import { Button, Select, Switch } from '../ui';
import { Choice, useNotice } from './shared/parts';

const CAN_VIBRATE = 'vibrate' in navigator;
const SHORT_MS = 30;

export default function Settings() {
  const [notice, say] = useNotice();
  const reset = (): void => {
    sound.value = false;
    haptics.value = true;
    motion.value = 'system';
    theme.value = 'system';
    say(t('settings.defaults_done'));
  };
  const speak = (code: string): void => void changeLanguage(code).catch(() => say(t('screen.not_loaded')));
  return (
    <div class="screen">
      <Select
        label={t('page.language')}
        value={language.value}
        onChange={speak}
        options={languages.map(([value, label]) => ({ value, label, lang: value }))}
      />
      <Switch label={t('settings.sound')} checked={sound.value} onChange={(on) => (sound.value = on)} />
      {sound.value && (
        <Button onClick={() => void import('./shared/sound').then(({ play }) => play('win'))}>
          {t('settings.try_sound')}
        </Button>
      )}
      <Switch
        label={t('settings.vibration')}
        checked={haptics.value && CAN_VIBRATE}
        disabled={!CAN_VIBRATE}
        onChange={(on) => {
          haptics.value = on;
          buzz(SHORT_MS);
        }}
      />
      {!CAN_VIBRATE && <p class="hint">{t('settings.vibration_none')}</p>}
      <Choice<Motion>
        label={t('settings.motion')}
        value={motion.value}
        onChange={(value) => (motion.value = value)}
        hint={`${t('settings.motion_hint')} ${motion.value === 'system' ? t(`settings.motion_now_${motionNow.value}`) : ''}`}
        options={[
          { value: 'system', label: t('settings.as_device') },
          { value: 'off', label: t('settings.off') },
          { value: 'brief', label: t('settings.brief') },
          { value: 'full', label: t('settings.full') },
        ]}
      />
      <Choice<Theme>
        label={t('settings.theme')}
        value={theme.value}
        onChange={(value) => (theme.value = value)}
        options={[
          { value: 'system', label: t('settings.as_device') },
          { value: 'light', label: t('settings.light') },
          { value: 'dark', label: t('settings.dark') },
        ]}
      />
      <Button onClick={reset}>{t('settings.defaults')}</Button>
      {notice}
      <p class="hint">{t('settings.kept')}</p>
    </div>
  );
}
