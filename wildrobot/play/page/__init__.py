"""The page that draws a session and steers it, by viser. Needs the extra `play`."""
