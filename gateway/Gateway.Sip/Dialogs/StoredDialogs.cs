using System.Text.Json;

namespace Gateway.Sip.Dialogs;

/// <summary>The dialogs of a call as text in a store, by which another process ends them.</summary>
public static class StoredDialogs
{
    /// <summary>Null: there are none.</summary>
    public static string? Write(IReadOnlyList<SipDialogSnapshot> dialogs)
    {
        ArgumentNullException.ThrowIfNull(dialogs);
        return dialogs.Count == 0 ? null : JsonSerializer.Serialize(dialogs, JsonSerializerOptions.Web);
    }

    /// <summary>Reads what <see cref="Write"/> has written.</summary>
    /// <exception cref="JsonException">It is another version's.</exception>
    public static IReadOnlyList<SipDialogSnapshot> Read(string text) =>
        JsonSerializer.Deserialize<SipDialogSnapshot[]>(text, JsonSerializerOptions.Web)!;
}
