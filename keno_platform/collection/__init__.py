"""Collections of ready requests, made from the OpenAPI document: a shell script for HTTPie, and a folder for Bruno."""
