namespace Media.Protocols.Dtmf;

/// <summary>The two moments of a key press.</summary>
public enum TelephoneEventPhase
{
    /// <summary>The key is down: reported with the first packet of the press to arrive.</summary>
    Pressed,
    /// <summary>The key is up: reported once for every press.</summary>
    Released,
}

/// <summary>A key press received from a peer.</summary>
/// <param name="Phase">
/// Each press is <see cref="TelephoneEventPhase.Pressed"/> once and <see cref="TelephoneEventPhase.Released"/> once, in this order.
/// </param>
/// <param name="Digit">One of "0123456789*#ABCD" or <see cref="TelephoneDigit.Flash"/>.</param>
/// <param name="Duration">The time that the key is known to have been down; final when released.</param>
/// <param name="Volume">In −dBm0: 0 … 63.</param>
public readonly record struct TelephoneEvent(TelephoneEventPhase Phase, char Digit, TimeSpan Duration, byte Volume);
