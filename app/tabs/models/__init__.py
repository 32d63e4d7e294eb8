"""The drawer of models: what is loaded, and opening others."""
