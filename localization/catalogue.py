"""The texts of the player's client: for each a stable key and its English source, the gettext msgid."""

CLIENT_TEXTS: dict[str, str] = {
    # --- the page ---
    "page.language": "Language",
    "page.loading": "Loading…",
    "page.try_again": "Try again",
    "page.age_limit": "{age}+",
    "page.responsible_play": "Responsible play",
    # --- the board ---
    "board.title": "Number board",
    "board.your_picks": "Your numbers",
    "board.pick_count": "{count} of {max} chosen",
    "board.choose": "Choose 1 to {max} numbers",
    "board.quick_pick": "Quick pick",
    "board.clear": "Clear",
    "board.number": "Number {number}",
    "board.number_chosen": "Number {number}, chosen",
    "board.number_drawn": "Number {number}, drawn",
    "board.number_hit": "Number {number}, chosen and drawn",
    # --- the slip ---
    "slip.stake": "Stake",
    "slip.stake_range": "Stake from {min} to {max}",
    "slip.possible_win": "Possible win",
    "slip.place_bet": "Place bet",
    "slip.sending": "Sending…",
    "slip.accepted": "Bet accepted",
    "slip.checking": "Checking whether the bet was accepted…",
    "slip.refused": "Bet not accepted",
    "wallet.balance": "Balance",
    # --- the round ---
    "round.number": "Round {number}",
    "round.next_in": "Next round in {time}",
    "round.closes_in": "Betting closes in {time}",
    "round.closed": "Betting closed",
    "round.drawing": "Drawing the numbers…",
    "round.drawn_numbers": "Drawn numbers",
    "round.void": "Round void – stakes returned",
    "round.verify": "Verify the result",
    "round.not_public": "Not a public beacon",
    # --- what became of a bet ---
    "bet.pending": "Pending",
    "bet.hits": "Matches: {hits}",
    "bet.won": "Won: {amount}",
    "bet.lost": "No win",
    "bet.returned": "Stake returned: {amount}",
    # --- lists ---
    "history.title": "Your bets",
    "history.empty": "No bets yet",
    "results.title": "Latest results",
    "results.empty": "No results yet",
    "paytable.title": "Paytable",
    # --- the connection, the session, errors ---
    "connection.lost": "Connection lost",
    "connection.reconnecting": "Reconnecting…",
    "session.ended": "The session has ended",
    "session.reopen": "Open the game again from your operator’s page",
    "error.unexpected": "Something did not work",
}
"""`{name}` is a value that the client fills in. An amount or a time is formatted before it is put there."""
