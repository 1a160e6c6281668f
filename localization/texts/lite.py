"""The page without JavaScript."""

TEXTS: dict[str, str] = {
    "lite.open": "Use the lite version",
    "lite.play": "Play",
    "lite.leave": "Leave the game",
    "lite.change": "Change",
    "lite.refresh": "Refresh",
    "lite.updates": "This page updates by itself.",
    "lite.numbers_hint": "Tick numbers, or type them below.",
    "lite.current_round": "Your bet is for the round that is open when it arrives.",
    "lite.again": "Same numbers again",
    "lite.new": "New bet",
    "lite.pending": "Bets that wait for their draw",
    "lite.checking_hint": "Do not place the bet again. Ask once more: it is placed only once.",
    "lite.ask_again": "Ask again",
    "lite.wait": "Too many calls. Wait a moment, then try again.",
    "lite.confirm": "Yes, I want this",
    "lite.confirm_first": "Tick the box to confirm.",
    "lite.multiplier": "Multiplier: {multiplier}",
    "lite.ticket": "Ticket",
    # --- when a limit is reached ---
    "limit.stake_bet": "Your limit for one bet is {amount}.",
    "limit.stake_period": "Your limit for stakes is reached. Left: {amount}. It starts anew: {time}.",
    "limit.loss": "Your limit for losses is reached. Left: {amount}. It starts anew: {time}.",
    "limit.session": "Your time limit for a session is reached.",
    "limit.too_soon": "Please wait {seconds} s before the next bet.",
    "limit.one_round": "Here each bet is for one round.",
}
