/** What happens in the round at this moment and for how long still, by the server's time. */

import { computed, effect, signal } from '../signals';

import { clock } from '../net/clock';
import { connected, current, game, type Round } from './feed';

export type Phase = 'none' | 'next' | 'open' | 'closed' | 'drawing' | 'drawn' | 'void';

interface Stage {
  phase: Phase;
  /** The key of the text for it. */
  text: string;
  /** Until when it lasts, if that is known, and how long it lasts in all. */
  until?: string;
  lasts?: number;
}

const NONE: Stage = { phase: 'none', text: '' };
/** So long after a second has begun it is shown: a timer that is early would show the last one again. */
const AFTER_MS = 4;

export const phase = signal<Phase>('none');
export const phaseText = signal('');
/** Whole seconds that are left; null where nothing is counted. */
export const secondsLeft = signal<number | null>(null);
/** The share of the phase that is left when the coming second is over. */
export const shareLeft = signal(0);
/** This page's own clock (`performance.now()`) at the last whole second: for what shows how long ago something was. */
export const now = signal(performance.now());
export const isOpen = computed(() => phase.value === 'open');

let timer = 0;

/** Show this moment, and come again when the next second begins. */
function beat(): void {
  clearTimeout(timer);
  now.value = performance.now();
  const stage = stageOf(current.value);
  // The clock is known to within a round trip: never more than the whole is left.
  const left = stage.until ? Math.min(stage.lasts!, Math.max(0, clock.until(stage.until))) : 0;
  phase.value = stage.phase;
  phaseText.value = stage.text;
  secondsLeft.value = stage.until ? Math.ceil(left / 1000) : null;
  const next = left % 1000 || 1000;
  shareLeft.value = stage.until ? Math.min(1, Math.max(0, left - next) / stage.lasts!) : 0;
  if (stage.until && left > 0) timer = window.setTimeout(beat, next + AFTER_MS);
}

function stageOf(round: Round | null): Stage {
  const own = game.value;
  if (!round || !own || !clock.known) return NONE;
  const betting = own.betting_seconds * 1000;
  const pause = own.interval_seconds * 1000 - betting;
  const { status, numbers, opens_at: opens, closes_at: closes } = round;
  if (status === 'void') return { phase: 'void', text: 'round.void' };
  if (numbers) return { phase: 'drawn', text: 'round.next_in', until: opening(opens, own.interval_seconds), lasts: pause };
  if (status === 'scheduled') return { phase: 'next', text: 'round.next_in', until: opens, lasts: pause };
  if (status === 'open' && clock.until(closes) > 0) {
    return { phase: 'open', text: 'round.closes_in', until: closes, lasts: betting };
  }
  if (status === 'open') return { phase: 'closed', text: 'round.closed' };
  return { phase: 'drawing', text: 'round.drawing' };
}

/** When the next round opens by the game's rhythm, before the server has told. */
function opening(opens: string, intervalS: number): string {
  return new Date(Date.parse(opens) + intervalS * 1000).toISOString();
}

/** Begin to count. */
export function startCounting(): void {
  effect(() => {
    void [current.value, game.value, connected.value];
    beat();
  });
  // Without a connection a phase may last for ever; how old what is shown is, goes on.
  effect(() => {
    if (connected.value) return;
    const clockwork = setInterval(() => (now.value = performance.now()), 1000);
    return () => clearInterval(clockwork);
  });
  // Timers of a hidden page come late: what is shown is brought up when it is seen again.
  document.addEventListener('visibilitychange', () => document.hidden || beat());
}
