"""The Slack bot: mentions, direct messages, the slash command, the shortcut and the App Home."""
