using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Xml;

namespace Gateway.Sip.Subscriptions;

/// <summary>
/// Reads application/dialog-info+xml (RFC 4235 §4). Namespaces are not looked at, since old PBXs leave them out; no DTD and so no entity is
/// ever resolved.
/// </summary>
public static class DialogInfoReader
{
    /// <summary>The event package (RFC 4235 §3.1).</summary>
    public const string Package = "dialog";

    public const string ContentType = "application/dialog-info+xml";

    /// <summary>Far more than one extension has at once.</summary>
    public const int MaxDialogs = 64;

    /// <summary>Bytes. A dialog with all its optional parts has less than two thousand.</summary>
    public const int MaxBytes = 65_536;

    /// <summary>The deepest element that RFC 4235 defines is the param of a target, in the fifth level.</summary>
    private const int MaxDepth = 16;

    private const int MaxIdChars = 256;

    private static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersInDocument = MaxBytes,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        IgnoreWhitespace = true,
    };

    /// <summary>False and a reason for a document that is malformed, too large or too deep, or is of another kind.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, [NotNullWhen(true)] out DialogInfo? info, out string error)
    {
        info = null;
        error = "larger than 65536 bytes";
        if (body.Length > MaxBytes)
            return false;
        // The header names the charset, UTF-8 (RFC 4235 §4): the document's own statement is not needed.
        var text = Encoding.UTF8.GetString(body).TrimStart('\ufeff', ' ', '\r', '\n', '\t').TrimEnd('\0', ' ', '\r', '\n', '\t');
        try
        {
            using var reader = XmlReader.Create(new StringReader(text), Settings);
            return TryRead(reader, out info, out error);
        }
        catch (XmlException e)
        {
            info = null;
            error = e.Message;
            return false;
        }
    }

    private static bool TryRead(XmlReader reader, [NotNullWhen(true)] out DialogInfo? info, out string error)
    {
        info = null;
        error = "not a dialog-info document";
        if (reader.MoveToContent() != XmlNodeType.Element || reader.LocalName != "dialog-info")
            return false;
        error = "without a version";
        if (!uint.TryParse(reader.GetAttribute("version"), NumberStyles.None, CultureInfo.InvariantCulture, out var version))
            return false;
        error = "neither full nor partial";
        var kind = reader.GetAttribute("state")?.Trim();
        if (kind is not ("full" or "partial"))
            return false;

        List<DialogEntry> dialogs = [];
        (string? Id, bool Initiates) current = default;
        while (reader.Read())
        {
            error = "too deep";
            if (reader.Depth > MaxDepth)
                return false;
            if (reader.NodeType != XmlNodeType.Element)
                continue;
            if (reader is { Depth: 1, LocalName: "dialog" })
            {
                error = "a dialog without a usable id, or too many dialogs";
                current = (reader.GetAttribute("id"), reader.GetAttribute("direction") == "initiator");
                if (current.Id is not { Length: > 0 and <= MaxIdChars } || dialogs.Count == MaxDialogs)
                    return false;
            }
            else if (reader is { Depth: 2, LocalName: "state" } && current.Id is { } id)
            {
                error = "a dialog in an unknown state";
                if (StateOf(TextOf(reader), current.Initiates) is not { } state)
                    return false;
                dialogs.Add(new DialogEntry(id, state));
                current = default;
            }
        }
        info = new DialogInfo(version, kind == "full", dialogs);
        return true;
    }

    /// <summary>The text that follows the start of an element; empty where something else does.</summary>
    private static string TextOf(XmlReader reader) =>
        !reader.IsEmptyElement && reader.Read() && reader.NodeType == XmlNodeType.Text ? reader.Value.Trim() : "";

    /// <summary>RFC 4235 §3.7.1. Who dials is as little free to talk as who talks.</summary>
    private static ExtensionState? StateOf(string state, bool initiates) => state switch
    {
        "trying" or "proceeding" or "early" => initiates ? ExtensionState.Busy : ExtensionState.Ringing,
        "confirmed" => ExtensionState.Busy,
        "terminated" => ExtensionState.Idle,
        _ => null,
    };
}
