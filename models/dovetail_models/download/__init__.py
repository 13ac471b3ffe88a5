"""Fetches model files from a hub, resumes, verifies. Only this folder imports huggingface_hub or its HTTP client."""
