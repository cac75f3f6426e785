//! Dialogues written down for people and their tools: pcapng for Wireshark, JSON lines, dumps.
