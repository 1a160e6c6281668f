"""How migrations run SQL that Django's models cannot say."""
