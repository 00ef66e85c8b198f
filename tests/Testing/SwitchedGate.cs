using Media.Protocols.Primitives;

namespace Testing;

/// <summary>A gate that a test opens and closes, from any thread; open at first.</summary>
public sealed class SwitchedGate : ISendGate
{
    private volatile bool _isOpen = true;

    public bool IsOpen
    {
        get => _isOpen;
        set => _isOpen = value;
    }
}
