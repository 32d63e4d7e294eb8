"""What is looked at: shipped clips and uploads, and how they are decoded."""
