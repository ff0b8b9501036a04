"""Gas of the contracts and accuracy of the decision engines; development only."""
