"""Long work of the service, in processes of its own: imports and exports."""
