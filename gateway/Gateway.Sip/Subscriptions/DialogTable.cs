namespace Gateway.Sip.Subscriptions;

/// <summary>The dialogs of one extension, put together from full and partial documents (RFC 4235 §4.3).</summary>
public sealed class DialogTable
{
    private readonly Dictionary<string, ExtensionState> _dialogs = [];
    private uint? _version;

    /// <summary>Busy before ringing before idle; unknown before the first full document.</summary>
    public ExtensionState State => _version is null ? ExtensionState.Unknown
        : _dialogs.ContainsValue(ExtensionState.Busy) ? ExtensionState.Busy
        : _dialogs.Count > 0 ? ExtensionState.Ringing : ExtensionState.Idle;

    /// <summary>
    /// Takes a document in. A full one counts whatever its version, since CSeq has put it in order and a PBX may count from anew. False: a
    /// document before this one is missing, or its dialogs are too many; the full state is needed.
    /// </summary>
    public bool TryApply(DialogInfo info)
    {
        if (info.IsFull)
            _dialogs.Clear();
        else if (_version is not { } last || info.Version != last + 1)
            return false;
        foreach (var (id, state) in info.Dialogs)
        {
            if (state == ExtensionState.Idle)
                _dialogs.Remove(id);
            else if (_dialogs.Count < DialogInfoReader.MaxDialogs || _dialogs.ContainsKey(id))
                _dialogs[id] = state;
            else
                return false;
        }
        _version = info.Version;
        return true;
    }

    public void Clear()
    {
        _dialogs.Clear();
        _version = null;
    }
}
