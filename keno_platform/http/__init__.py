"""The glue between Django REST framework and the rooms: problems, strict bodies, pages, OpenAPI."""
