"""What the payment gateways speak, turned into snapshots of our own words."""
