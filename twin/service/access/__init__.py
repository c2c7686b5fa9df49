"""Who asks, whether they may, how often; signing in and out."""
