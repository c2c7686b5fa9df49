"""From the graph back to files, as tables or as IFC, such that reading them again gives an equal graph."""
