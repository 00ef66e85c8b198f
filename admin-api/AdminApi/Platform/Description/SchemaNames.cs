using System.Collections.Concurrent;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.OpenApi;

namespace AdminApi.Platform;

/// <summary>
/// The names of schemas: those of the types, which must differ, since the document would show one of two types under both.
/// </summary>
internal sealed class SchemaNames
{
    private readonly ConcurrentDictionary<string, Type> _types = [];

    public string? Of(JsonTypeInfo type)
    {
        var name = OpenApiOptions.CreateDefaultSchemaReferenceId(type);
        if (name is null)
            return null;
        var shown = Nullable.GetUnderlyingType(type.Type) ?? type.Type;
        var first = _types.GetOrAdd(name, shown);
        return first == shown ? name : throw new InvalidOperationException($"{first} and {shown} are both shown as {name}: rename one.");
    }
}
