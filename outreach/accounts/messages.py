"""What Flask-Security says, in our words. Pure.

It translates them itself when it speaks (SECURITY_I18N_DOMAIN is ours), so they are only marked here.
"""


def _(sentence: str) -> str:
    return sentence


MESSAGES: dict[str, tuple[str, str]] = {
    "UNAUTHENTICATED": (_("Please sign in to see that page."), "info"),
    "GENERIC_AUTHN_FAILED": (_("We don't know this address and password together. Please check both."), "error"),
    "EMAIL_NOT_PROVIDED": (_("Please write your e-mail address."), "error"),
    "INVALID_EMAIL_ADDRESS": (_("That doesn't look like an e-mail address. It needs the form name@school.org."), "error"),
    "PASSWORD_NOT_PROVIDED": (_("Please write your password."), "error"),
    "INVALID_PASSWORD": (_("That isn't your present password."), "error"),
    "RETYPE_PASSWORD_MISMATCH": (_("The two passwords aren't the same."), "error"),
    "PASSWORD_IS_THE_SAME": (_("That is the password you have now. Please choose another."), "error"),
    "PASSWORD_CHANGE": (_("Your password is changed. Other devices are signed out."), "success"),
    "PASSWORD_RESET_NO_LOGIN": (_("Your new password is set. Please sign in with it."), "success"),
    "PASSWORD_RESET_REQUEST": (
        _("If there is an account for %(email)s, a letter with a link is on its way. It can take a few minutes."),
        "info",
    ),
    "PASSWORD_RESET_EXPIRED": (_("That link was valid for %(within)s. Ask for a new one here."), "error"),
    "INVALID_RESET_PASSWORD_TOKEN": (_("That link has been used or replaced. Ask for a new one here."), "error"),
    "DISABLED_ACCOUNT": (_("This account is closed. Please ask your coordinator."), "error"),
    "CONFIRMATION_REQUIRED": (
        _("Your address isn't confirmed yet. Please open the link in our letter, or ask for a new letter below."),
        "error",
    ),
    "INVALID_REDIRECT": (_("That address leads elsewhere, so we don't follow it."), "error"),
}
