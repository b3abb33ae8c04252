"""The one exception that is meant for the person at the keyboard."""


class UserError(Exception):
    """A mistake that its maker can mend: says what is wrong, where, what is allowed and what to do, in one line."""
