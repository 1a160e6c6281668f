import { number, seconds } from '../format';
import { outcomeText } from '../state/draw';
import { chooseGame, connected, current, game, games } from '../state/feed';
import { phase, phaseText, secondsLeft, shareLeft } from '../state/moment';
import { t } from '../texts';

export function RoundBar() {
  return (
    <section class="round" id="round" data-phase={phase.value}>
      <div class="now">
        <p>
          <b id="round-number">{current.value && t('round.number', { number: number(current.value.number) })}</b>
        </p>
        <p id="phase">{phaseText.value && t(phaseText.value, { time: seconds(secondsLeft.value ?? 0) })}</p>
      </div>
      <Games />
      <output id="seconds" aria-hidden="true">
        {secondsLeft.value === null ? '' : number(secondsLeft.value)}
      </output>
      <div class="bar">
        <Bar />
      </div>
      <p class="notice" id="connection" role="status" hidden={connected.value}>
        {connected.value ? '' : t('page.sentences', { first: t('connection.lost'), second: t('connection.reconnecting') })}
      </p>
      <p class="result" id="result">
        {outcomeText.value}
      </p>
    </section>
  );
}

let shown = 0;

/** It goes down second by second; a new phase begins at once. */
function Bar() {
  const grows = shareLeft.value > shown;
  shown = shareLeft.value;
  return <i id="bar" class={grows ? 'jump' : ''} style={{ '--left': String(shown) }} />;
}

function Games() {
  return (
    <select
      id="game"
      aria-label={t('page.game')}
      value={game.value?.code}
      onChange={(event) => chooseGame(event.currentTarget.value)}
      hidden={games.value.length < 2}
    >
      {games.value.map((one) => (
        <option key={one.code} value={one.code} selected={one.code === game.value?.code}>
          {one.name}
        </option>
      ))}
    </select>
  );
}
