using System.Text.Json;

namespace Gateway.WhatsApp.Webhooks;

/// <summary>Collects the results of the field readers, and keeps one bad element from affecting the others.</summary>
internal sealed class BatchBuilder
{
    private readonly List<WebhookEvent> _events = [];
    private readonly List<SkipReason> _skipped = [];

    public WebhookBatch Build() => new(_events, _skipped);

    public void Add(WebhookEvent found)
    {
        if (_events.Count < WebhookBatch.MaxEvents)
            _events.Add(found);
        else
            Skip(SkipReason.TooMany);
    }

    public void Skip(SkipReason reason)
    {
        if (_skipped.Count < WebhookBatch.MaxEvents)
            _skipped.Add(reason);
    }

    /// <summary>
    /// Reads each element on its own. JsonElement throws on strings with broken surrogates, the one fault that parsing does not find.
    /// </summary>
    public void Each(IEnumerable<JsonElement> elements, Action<JsonElement> read)
    {
        foreach (var element in elements)
        {
            if (element.ValueKind != JsonValueKind.Object)
            {
                Skip(SkipReason.NotAnObject);
                continue;
            }
            try
            {
                read(element);
            }
            catch (InvalidOperationException)
            {
                Skip(SkipReason.InvalidText);
            }
        }
    }
}
