"""Fetches model files from a hub, resumes, verifies. The only room that imports huggingface_hub or its HTTP client."""
