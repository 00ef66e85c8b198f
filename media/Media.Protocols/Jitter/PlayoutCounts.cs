namespace Media.Protocols.Jitter;

/// <summary>RTP packets from one leg's peer that did not come in order and in time, by their fate on the way to the other leg.</summary>
/// <param name="Lost">Absent when their turn came.</param>
/// <param name="Late">Came after their loss was reported; dropped.</param>
/// <param name="Concealed">Replaced by sound that the decoder made up.</param>
/// <param name="Recovered">Restored from the copy in the next packet (in-band FEC).</param>
/// <param name="Discarded">Arrived in order and were not played: generated audio had taken their place.</param>
public readonly record struct PlayoutCounts(long Lost, long Late, long Concealed, long Recovered, long Discarded);
