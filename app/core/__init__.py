"""What every tab computes with; no gradio."""
