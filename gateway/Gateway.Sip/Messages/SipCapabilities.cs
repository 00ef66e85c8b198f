namespace Gateway.Sip.Messages;

/// <summary>
/// The capabilities of this user agent: the yardstick of <see cref="RequestValidator"/> and the source of Allow, Supported and Accept.
/// </summary>
/// <param name="Methods">Allowed methods.</param>
/// <param name="Extensions">Option tags.</param>
/// <param name="ContentTypes">Media types of bodies, in lower case.</param>
public sealed record SipCapabilities(IReadOnlyList<SipMethod> Methods, IReadOnlyList<string> Extensions, IReadOnlyList<string> ContentTypes)
{
    public string Allow => string.Join(", ", Methods);

    public string Supported => string.Join(", ", Extensions);

    public string Accept => string.Join(", ", ContentTypes);

    /// <summary>The media type, whatever its parameters, is one of ours.</summary>
    public bool Accepts(string contentType)
    {
        var type = MediaType.Essence(contentType);
        return ContentTypes.Contains(type, StringComparer.OrdinalIgnoreCase);
    }
}
