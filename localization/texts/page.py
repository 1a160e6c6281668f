"""What frames the game: the page, the session, the connection, errors."""

TEXTS: dict[str, str] = {
    # --- the page ---
    "page.language": "Language",
    "page.loading": "Loading…",
    "page.sentences": "{first}. {second}",
    "page.try_again": "Try again",
    "page.age_limit": "{age}+",
    "page.responsible_play": "Responsible play",
    "page.game": "Game",
    "page.play_demo": "Play the demo",
    "page.needs_script": "This page needs JavaScript",
    "page.lobby": "Lobby",
    "page.cashier": "Cashier",
    "page.history": "Account history",
    "page.reality_check": "Reality check",
    "page.play_money": "Play money",
    "page.close": "Close",
    # --- the menu ---
    "menu.title": "Menu",
    "menu.history": "My bets",
    "menu.statistics": "Statistics",
    "menu.paytable": "Paytable",
    "menu.rules": "Rules",
    "menu.tutorial": "How to play",
    "menu.fairness": "Fairness",
    "menu.responsible": "Responsible play",
    "menu.settings": "Settings",
    # --- the connection, the session, errors ---
    "connection.lost": "Connection lost",
    "connection.reconnecting": "Reconnecting…",
    "session.ended": "The session has ended",
    "session.reopen": "Open the game again from your operator’s page",
    "session.open": "Open the game from your operator’s page",
    "session.paused": "Paused",
    "session.resumed": "Bets that wait for their draw: {count}",
    "error.unexpected": "Something did not work",
}
