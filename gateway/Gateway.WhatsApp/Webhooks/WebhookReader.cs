using System.Buffers;
using System.Text.Json;
using Gateway.WhatsApp.Meta;

namespace Gateway.WhatsApp.Webhooks;

/// <summary>
/// Turns a webhook body into events: <c>{object, entry:[{id, changes:[{field, value}]}]}</c>, at times wrapped in a list. Meta sends up
/// to 1000 updates in a body; each is read on its own, so an invalid one is skipped with a reason and the others are kept.
/// </summary>
public static class WebhookReader
{
    /// <summary>Meta's documented limit of a webhook body, in bytes.</summary>
    public const int MaxBodyLength = 3 * 1024 * 1024;

    /// <summary>The documented bodies are nested ten deep.</summary>
    public const int MaxDepth = 32;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = MaxDepth };

    public static bool TryRead(ReadOnlyMemory<byte> body, out WebhookBatch batch, out WebhookError error) =>
        TryRead(new ReadOnlySequence<byte>(body), out batch, out error);

    public static bool TryRead(ReadOnlySequence<byte> body, out WebhookBatch batch, out WebhookError error)
    {
        batch = new WebhookBatch([], []);
        error = body.Length switch
        {
            0 => WebhookError.Empty,
            > MaxBodyLength => WebhookError.TooLarge,
            _ => WebhookError.None,
        };
        if (error != WebhookError.None)
            return false;

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(body, Options);
        }
        catch (JsonException)
        {
            error = WebhookError.NotJson;
            return false;
        }

        using (document)
        {
            var builder = new BatchBuilder();
            if (!ReadEnvelopes(document.RootElement, builder))
            {
                error = WebhookError.NotAnEnvelope;
                return false;
            }
            batch = builder.Build();
            return true;
        }
    }

    private static bool ReadEnvelopes(JsonElement root, BatchBuilder builder)
    {
        if (root.ValueKind == JsonValueKind.Object)
            return ReadEnvelope(root, builder);
        if (root.ValueKind != JsonValueKind.Array)
            return false;

        var found = false;
        foreach (var envelope in root.EnumerateArray())
        {
            if (envelope.ValueKind == JsonValueKind.Object && ReadEnvelope(envelope, builder))
                found = true;
            else
                builder.Skip(SkipReason.NotAnObject);
        }
        return found;
    }

    private static bool ReadEnvelope(JsonElement envelope, BatchBuilder builder)
    {
        try
        {
            if (!envelope.Has("entry"))
                return false;
            builder.Each(
                envelope.Items("entry"), entry => builder.Each(entry.Items("changes"), change => ReadChange(change, entry, builder)));
            return true;
        }
        catch (InvalidOperationException)
        {
            builder.Skip(SkipReason.InvalidText);
            return true;
        }
    }

    private static void ReadChange(JsonElement change, JsonElement entry, BatchBuilder builder)
    {
        var field = change.Words("field", 64) ?? "";
        switch (field)
        {
            case "calls":
                builder.Each(change.Items("value"), value => CallsFieldReader.Read(value, builder));
                break;
            case "messages":
                builder.Each(change.Items("value"), value => MessagesFieldReader.Read(value, builder));
                break;
            case "account_settings_update":
                builder.Each(change.Items("value"), value => AccountFieldReader.ReadSettings(value, builder));
                break;
            case "account_update":
                builder.Each(change.Items("value"), value => AccountFieldReader.ReadUpdate(value, entry.Time("time"), builder));
                break;
            default:
                builder.Add(new WebhookEvent.Unknown(field));
                break;
        }
    }
}
