"""The 3D view in a browser, for one person: drawn here, sent as pictures, steered by events."""
