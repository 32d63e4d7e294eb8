"""Stages 2 and 3: latent pretraining and action finetuning."""
