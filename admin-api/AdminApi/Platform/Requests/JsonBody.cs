using System.Text.Json;

namespace AdminApi.Platform;

/// <summary>Checks a JSON body for the faults that no operation accepts.</summary>
internal static class JsonBody
{
    private const string NullInList = "A list must not contain null.";

    /// <summary>The first fault; null where there is none.</summary>
    public static FieldError? FaultOf(ReadOnlySpan<byte> json)
    {
        // Of each container around the reader's place: the index in a list, or the name in an object.
        Stack<object> path = [];
        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject)
                    path.Pop();
                else if (FaultOf(ref reader, path) is { } message)
                    return new FieldError(TextOf(path), message);
            }
            return null;
        }
        catch (JsonException e)
        {
            return new FieldError(TextOf(path), RequestFaults.SentenceOf(e));
        }
    }

    private static string? FaultOf(ref Utf8JsonReader reader, Stack<object> path)
    {
        if (reader.TokenType != JsonTokenType.PropertyName && path.TryPeek(out var place) && place is int index)
        {
            path.Pop();
            path.Push(index + 1);
            if (reader.TokenType == JsonTokenType.Null)
                return NullInList;
        }
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName or JsonTokenType.String when TextOf(ref reader) is not { } text
                || !StorableText.IsStorable(text):
                return StorableText.Rule;
            case JsonTokenType.PropertyName:
                path.Pop();
                path.Push(reader.GetString()!);
                break;
            case JsonTokenType.StartArray:
                path.Push(-1);
                break;
            case JsonTokenType.StartObject:
                path.Push("");
                break;
        }
        return null;
    }

    /// <summary>The text; null where the bytes are not UTF-8, or an escape is half a surrogate pair.</summary>
    private static string? TextOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string TextOf(Stack<object> path) => "$" + string.Concat(
        path.Reverse().Select(place => place is int index ? $"[{Math.Max(index, 0)}]" : place is "" ? "" : $".{place}"));
}
