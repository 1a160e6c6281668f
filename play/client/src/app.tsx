/** The page: its frame, the game in it, and what stands over it. */

import { number } from './format';
import { Board } from './game/board';
import { Header, Way } from './game/header';
import { RoundBar } from './game/round';
import { Slip } from './game/slip';
import { Tools, TypedNumbers } from './game/tools';
import { type Later, later } from './later';
import { isDemoSite, languages, minimumAge } from './page';
import { changeLanguage } from './state/language';
import { profile, realityCheck } from './state/limits';
import { openScreen, screen, sheet } from './state/route';
import { door, playing, session } from './state/session';
import { spoken } from './state/spoken';
import { language, need, t } from './texts';
import { Button } from './ui/basic';

const cards = later(() => import('./game/cards'));
const results = later(async () => {
  const { ready, Results } = await import('./game/cards');
  return { ready, default: Results };
});
const wins = later(async () => {
  const { ready, Wins } = await import('./game/cards');
  return { ready, default: Wins };
});
const meter = later(async () => {
  const [module] = await Promise.all([import('./screens/meter'), need('protection')]);
  return module;
});
const more = later(() => import('./more'));

export function App() {
  return (
    <>
      <Header />
      <SessionMeter />
      {door.value ? <Door /> : playing.value ? <Play /> : <p class="door">{t('page.loading')}</p>}
      <Footer />
      {playing.value && <Over />}
      <p class="unseen" id="announcer" aria-live="polite">
        {spoken.value}
      </p>
    </>
  );
}

/** Where the rules want time and result to be seen while playing. */
function SessionMeter() {
  const rules = profile.value;
  if (!playing.value || !(rules?.show_elapsed || rules?.show_net_position)) return null;
  return (
    <section class="meter" aria-label={t('page.responsible_play')}>
      <Part of={meter} />
    </section>
  );
}

function Play() {
  return (
    <main class="play" id="play">
      <RoundBar />
      <Board />
      <Tools />
      <TypedNumbers />
      <Part of={wins} />
      <div class="side">
        <Slip />
        <Part of={cards} />
      </div>
      <Part of={results} />
    </main>
  );
}

function Part({ of }: { of: Later }) {
  of.fetch();
  const View = of.view;
  return View && <View />;
}

/** What stands over the game, once any of it is asked for. */
function Over() {
  if (sheet.value || screen.value || realityCheck.value) more.fetch();
  const View = more.view;
  return View && <View />;
}

/** The page without a game: why, and what the player can do. */
function Door() {
  const { reason, values, again, reopen } = door.value!;
  return (
    <main class="door" id="door">
      <h2 id="door-title">{t(reason, values)}</h2>
      {reopen && <p id="reopen">{t('session.reopen')}</p>}
      {again && (
        <Button id="try-again" onClick={() => location.reload()}>
          {t('page.try_again')}
        </Button>
      )}
      {isDemoSite && (
        <a class="go" href="/demo">
          {t('page.play_demo')}
        </a>
      )}
    </main>
  );
}

function Footer() {
  const age = session.value?.minimum_age ?? minimumAge;
  return (
    <footer>
      <label>
        {t('page.language')}{' '}
        <select id="language" onChange={(event) => void changeLanguage(event.currentTarget.value).catch(() => {})}>
          {languages.map(([code, name]) => (
            <option key={code} value={code} lang={code} selected={code === language.value}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <Way to="history" />
      <Way to="reality_check" />
      <p>
        <b id="age-limit">{t('page.age_limit', { age: number(age) })}</b>{' '}
        {playing.value ? (
          <Button kind="quiet" class="link" onClick={() => openScreen('responsible')}>
            {t('page.responsible_play')}
          </Button>
        ) : (
          t('page.responsible_play')
        )}
      </p>
    </footer>
  );
}
