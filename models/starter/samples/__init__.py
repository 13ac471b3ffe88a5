"""From projects to token sequences as the product will ask for them."""
