"""A campus that behaves: who is up when, what it draws, how warm it gets; what a feed of points is made from."""
