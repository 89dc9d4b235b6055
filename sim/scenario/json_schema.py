"""The JSON Schema of a scenario as TOML has it."""

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from sim.scenario.nested import plain
from sim.scenario.schema import Nested


class TomlSchema(GenerateJsonSchema):
    """A named tuple is a table in TOML, where pydantic's own schema has an array."""

    def model_schema(self, schema: Nested) -> JsonSchemaValue:
        """Describe a table by its docstring, without examples, which are Python."""
        told = super().model_schema(schema)
        if "description" in told:
            told["description"] = told["description"].partition("\n\nExamples\n")[0]
        return told

    def named_tuple_schema(self, schema: Nested) -> JsonSchemaValue:
        """Describe a named tuple by the names of its fields."""
        fields = {field["name"]: self.generate_inner(field["schema"]) for field in schema["fields"]}
        return {"type": "object", "properties": fields, "additionalProperties": False}

    def encode_default(self, dft: Nested) -> Nested:
        """Write a default as TOML would."""
        return dft if dft is None else plain(dft)
