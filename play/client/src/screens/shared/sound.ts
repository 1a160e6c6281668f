/**
 * Short sounds, made on the spot from oscillators: no file is fetched. Loaded only where the player has turned sound on.
 */

import { listen } from '../../events';
import { sound } from '../../state/settings';

/** One tone: hertz, the second at which it begins, how long it lasts, and how loud it is at its loudest. */
type Tone = [hertz: number, at: number, lasts: number, gain: number];

const CUES: Record<Cue, { wave: OscillatorType; tones: Tone[] }> = {
  pick: { wave: 'sine', tones: [[660, 0, 0.06, 0.12]] },
  unpick: { wave: 'sine', tones: [[440, 0, 0.06, 0.1]] },
  placed: { wave: 'triangle', tones: [[520, 0, 0.09, 0.14], [780, 0.08, 0.12, 0.14]] },
  draw: { wave: 'triangle', tones: [[300, 0, 0.12, 0.1], [360, 0.1, 0.12, 0.1]] },
  // The same in rhythm and loudness however much it is: a win is told, not celebrated.
  win: { wave: 'triangle', tones: [[523, 0, 0.14, 0.15], [659, 0.12, 0.14, 0.15], [784, 0.24, 0.22, 0.15]] },
};

export type Cue = 'pick' | 'unpick' | 'placed' | 'draw' | 'win';

const ATTACK_S = 0.008;
const SILENT = 0.0001;

let context: AudioContext | null = null;

/** Play a cue, if the browser lets this page make a sound yet: before the first tap it does not. */
export function play(cue: Cue): void {
  context ??= new AudioContext();
  void context.resume();
  const { wave, tones } = CUES[cue];
  for (const tone of tones) sing(context, wave, tone);
}

function sing(own: AudioContext, wave: OscillatorType, [hertz, at, lasts, gain]: Tone): void {
  const begin = own.currentTime + at;
  const volume = new GainNode(own, { gain: SILENT });
  volume.gain.setValueAtTime(SILENT, begin);
  volume.gain.exponentialRampToValueAtTime(gain, begin + ATTACK_S);
  volume.gain.exponentialRampToValueAtTime(SILENT, begin + lasts);
  const voice = new OscillatorNode(own, { type: wave, frequency: hertz });
  voice.connect(volume).connect(own.destination);
  voice.start(begin);
  voice.stop(begin + lasts);
}

listen((type, subject) => {
  if (!sound.value) return;
  if (type === 'picked') play('pick');
  if (type === 'unpicked') play('unpick');
  if (type === 'bet.placed') play('placed');
  if (type === 'round.drawn' && !document.hidden) play('draw');
  if (type === 'bet.settled' && (subject as { status: string }[]).some((bet) => bet.status === 'won')) play('win');
});
