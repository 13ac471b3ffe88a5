"""TypeScript and JavaScript (with JSX), one language: their files import each other freely."""
