"""From a place in a document to the text that the editor shows. Knows no protocol."""
