"""`twin serve`: the 3D view in a browser and the REST API, behind one front server."""
